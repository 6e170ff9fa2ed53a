import { describe, expect, it } from 'vitest';
import { createAsyncApi } from './asyncApi.ts';
import { jobEvents } from './jobs/events.ts';
import { tenantEvents } from './tenants/events.ts';

interface Document {
  channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>;
  components: { messages: Record<string, { payload: { properties: Record<string, { const?: string }> } }> };
}

const document = JSON.parse(JSON.stringify(createAsyncApi('1.2.3'))) as Document;

describe('the description of the events', () => {
  it('has a message for every event that is ever written, under its full type', () => {
    const expected = [
      ...Object.keys(jobEvents).map(type => `jobs.${type}`),
      ...Object.keys(tenantEvents).map(type => `tenants.${type}`),
    ];
    expect(Object.keys(document.components.messages).sort()).toEqual(expected.sort());
    for (const [name, message] of Object.entries(document.components.messages)) {
      expect(message.payload.properties['type']?.const).toBe(`freight.${name}`);
    }
  });

  it('refers to nothing that it does not hold', () => {
    for (const { messages } of Object.values(document.channels)) {
      for (const { $ref } of Object.values(messages)) {
        expect(document.components.messages).toHaveProperty([$ref.slice('#/components/messages/'.length)]);
      }
    }
  });

  it('names the subjects that the events are published on', () => {
    expect(document.channels['jobs']?.address).toBe('freight.evt.{tenantId}.jobs.{streamId}.{event}');
  });
});
