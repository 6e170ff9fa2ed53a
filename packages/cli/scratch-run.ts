import { startPlatform } from '@freight/cli/platform';
import { createProgress, generate, readVcCrm, runDemo } from '@freight/cli/demo';
const data = process.argv[2] ? await readVcCrm(process.argv[2]) : generate({ seed: 1 });
const progress = createProgress({ isTTY: false, columns: 100, write: t => process.stderr.write(t) }, data.organizations.length + data.persons.length);
const platform = await startPlatform({ root: '/work/main', dir: '/work/main/.freight', realLimits: false, onNotice: t => progress.say(t), onStep: t => progress.say(`${Math.round(performance.now())} ${t}`) });
progress.say(`${Math.round(performance.now())} up`);
try {
  const result = await runDemo(platform, { data, realLimits: false, progress });
  console.log(JSON.stringify(result.summary), result.used, result.phases);
} finally {
  console.log(platform.keepLogs());
  await platform.stop();
}
