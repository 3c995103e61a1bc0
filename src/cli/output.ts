/**
 * The command line's only way to the terminal. Standard output may be a pipe whose reader has gone (`| head -1`): what is
 * printed then is lost, and nothing else.
 */
export function printLine(line: string): void {
  write(process.stdout, `${line}\n`);
}

export function printErrorLine(line: string): void {
  write(process.stderr, `${line}\n`);
}

function write(stream: NodeJS.WriteStream, text: string): void {
  if (!stream.listeners('error').includes(ignoreClosedPipe)) stream.on('error', ignoreClosedPipe);
  stream.write(text);
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
