export { type NatsFolder, openNatsFolder } from './folder.ts';
export { readSigningKeys, type SigningKeys } from './signing.ts';
export {
  credentialsText,
  forgetAccounts,
  makeAccountKey,
  makeUserKey,
  subscriberAccount,
  subscriberUser,
} from './subscriber.ts';
