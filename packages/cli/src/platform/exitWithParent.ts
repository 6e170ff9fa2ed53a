/**
 * Loaded before a service's own code (`--import`): ends the process when whoever started it is gone, however it went. The parent holds
 * the other end of our standard input and never writes; when it dies, SIGKILL included, the kernel closes the pipe.
 * A stop in good order is tried first: what is at hand is given back at once instead of after a lease has run out.
 */
const graceMs = 5_000;

let isLeaving = false;
const leave = (): void => {
  if (isLeaving) return;
  isLeaving = true;
  // A process that has not yet set up its stopping is ended by the signal itself.
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), graceMs).unref();
};

process.stdin.once('end', leave);
process.stdin.once('close', leave);
process.stdin.once('error', leave);
process.stdin.resume();
// Waiting for the parent's end is no reason to stay.
if ('unref' in process.stdin && typeof process.stdin.unref === 'function') process.stdin.unref();
