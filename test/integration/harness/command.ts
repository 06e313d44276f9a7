// Programs that tests run to their end.
import { spawn } from 'node:child_process'

export interface Outcome {
  /** The exit code; -1 when a signal ended it. */
  code: number
  stdout: string
  stderr: string
}

/**
 * A shell's environment: without the test runner's variables and without another Docker Engine; the
 * distribution's programs come first, and those for administrators are found.
 */
export const ENVIRONMENT: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^(?:VITEST|DOCKER_|NODE_ENV$|NODE_OPTIONS$)/.test(key)),
  ),
  PATH: `/usr/sbin:/usr/bin:/sbin:/bin:${process.env['PATH'] ?? ''}`,
}

/** Runs a program and returns how it ended; rejects only when it can't be started. */
export async function outcomeOf(program: string, args: string[], input?: Buffer): Promise<Outcome> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: ENVIRONMENT })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  child.stdin.end(input)
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exit) => resolve(exit ?? -1))
  })
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
}

/** Runs a program and returns its stdout; rejects with its stderr when it fails. */
export async function output(program: string, args: string[], input?: Buffer): Promise<string> {
  const { code, stdout, stderr } = await outcomeOf(program, args, input)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`)
  return stdout.trim()
}
