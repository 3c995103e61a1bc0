/**
 * A command to be run by `exec`: says that it runs, and ends with its standard input. What it does about signals stands in its arguments:
 * `SIGTERM=9` ends with that status after a word about it, `SIGTERM=` goes on.
 */
for (const argument of process.argv.slice(2)) {
  const [signal = '', status = ''] = argument.split('=');
  process.on(signal, () => {
    process.stdout.write(`got ${signal}\n`);
    if (status !== '') process.exit(Number(status));
  });
}
process.stdout.write('running\n');
process.stdin.resume();
