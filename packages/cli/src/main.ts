import { type Command, parseCommandLine } from './commandLine.ts';
import { InterruptedError, UserError } from './errors.ts';
import { helpOf, overview } from './help.ts';
import { ServiceStartError } from './platform/errors.ts';

/** Runs a command. Each is loaded on demand: `help` and `doctor` must answer where nothing else would load. @returns the exit code */
const run = async (command: Command): Promise<number> => {
  switch (command.name) {
    case 'help':
      process.stdout.write(`${command.topic ? helpOf(command.topic) : overview()}\n`);
      return 0;
    case 'demo':
      return (await import('./commands/demo.ts')).demoCommand(command);
    case 'up':
      return (await import('./commands/up.ts')).upCommand(command);
    case 'migrate':
      return (await import('./commands/migrate.ts')).migrateCommand(process.env);
    case 'tenants create':
      return (await import('./commands/createTenant.ts')).createTenantCommand(command, process.env);
    case 'isolation':
      return (await import('./commands/isolation.ts')).isolationCommand(command, process.env);
    case 'nats init':
      return (await import('./commands/natsInit.ts')).natsInitCommand(command);
    case 'admin bootstrap':
    case 'admin recover':
      return (await import('./commands/admin.ts')).adminCommand(command, process.env);
    case 'tenants export':
      return (await import('./commands/exportTenant.ts')).exportTenantCommand(command, process.env);
    case 'erasure verify':
      return (await import('./commands/verifyErasure.ts')).verifyErasureCommand(command, process.env);
    case 'keys list':
      return (await import('./commands/listKeys.ts')).listKeysCommand(process.env);
    case 'keys public':
      return (await import('./commands/listKeys.ts')).publicKeysCommand(process.env);
    case 'keys rotate':
      return (await import('./commands/rotateKeys.ts')).rotateKeysCommand(command, process.env);
    case 'rebuild':
      return (await import('./commands/rebuild.ts')).rebuildCommand(process.env);
    case 'bench':
      return (await import('./commands/bench.ts')).benchCommand(command);
    case 'audit verify':
      return (await import('./commands/verifyAudit.ts')).verifyAuditCommand(command, process.env);
    case 'test':
      return (await import('./commands/test.ts')).testCommand([...command.args]);
    case 'doctor':
      return (await import('./commands/doctor.ts')).doctorCommand();
  }
};

/** What went wrong, as a person wants to read it: a stack only where it is our own mistake. @returns the exit code */
const explain = (error: unknown): number => {
  if (error instanceof InterruptedError) return 130;
  const isOurs = !(error instanceof UserError || error instanceof ServiceStartError || isServerProblem(error));
  const text = error instanceof Error ? (isOurs && error.stack) || error.message : String(error);
  process.stderr.write(`freight: ${text}\n`);
  return error instanceof UserError ? error.exitCode : 1;
};

/** A server that is missing or does not start says all that is needed; told by name, so as not to load the package for it. */
const isServerProblem = (error: unknown): boolean =>
  error instanceof Error &&
  ['ServerStartError', 'ServerMissingError', 'FolderInUseError', 'SetUpError'].includes(error.name);

try {
  process.exitCode = await run(parseCommandLine(process.argv.slice(2), process.cwd()));
} catch (error) {
  process.exitCode = explain(error);
}
