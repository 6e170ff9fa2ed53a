export {
  type Answer,
  type CommandHandler,
  type CommandHandlers,
  type ReceivedCommand,
  startCommandConsumer,
} from './consumer.ts';
