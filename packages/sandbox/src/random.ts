/** mulberry32: numbers from 0 up to 1, seeded, the same on every machine. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** All items, each once, in a random order that costs only as much as is taken of it. The array is shuffled as it goes. */
export function* shuffled<Item>(items: Item[], random: () => number): Generator<Item> {
  for (let left = items.length; left > 0; left--) {
    const at = Math.floor(random() * left);
    const item = items[at] as Item;
    items[at] = items[left - 1] as Item;
    yield item;
  }
}

export const pick = <Item>(items: readonly Item[], random: () => number): Item | undefined =>
  items[Math.floor(random() * items.length)];
