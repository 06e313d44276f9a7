// Runs a function in a node process of its own, in a network namespace where nobody else plugs devices.
import { execFile } from 'node:child_process'
import type { spawnSync } from 'node:child_process'
import type { readdirSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'
import type { Lab } from '../../../../src/demo/lab.js'
import type { MonitorListener, Native } from '../../../../src/native.js'

export interface Tools {
  native: Native
  lab: Lab
  Worker: typeof Worker
  spawnSync: typeof spawnSync
  readdirSync: typeof readdirSync
  /** The compiled addon's file, for a worker. */
  addonPath: string
  /** Resolves when `condition` holds; rejects after ten seconds. */
  until: (condition: () => boolean) => Promise<void>
  sleep: (milliseconds: number) => Promise<void>
  /** A uevent body for the injector. */
  uevent: (devpath: string) => Buffer
  /** A listener that keeps what it is told, in order: the devpath of a uevent, `overrun`, or an error's message. */
  recorder: () => { heard: string[]; batches: number[]; listener: MonitorListener }
}

const root = new URL('../../../../', import.meta.url).pathname

/**
 * What `body` returns, by way of JSON. Its source is sent to the process: it can use its arguments (`given` goes by way of JSON too) and globals, nothing
 * else. Rejects with what the process wrote when it throws, or ends before it has an answer.
 */
export async function inNewNetns<T, Given = undefined>(
  body: (tools: Tools, given: Given) => Promise<T> | T,
  given?: Given,
): Promise<T> {
  const program = `(${main.toString()})(${body.toString()}, ${JSON.stringify(root)}, ${JSON.stringify(given)})`
  const { stdout } = await promisify(execFile)('unshare', ['--net', process.execPath, '-e', program])
  const answer = /^answer (.*)$/m.exec(stdout)?.[1]
  if (answer === undefined) throw new Error(`no answer: ${stdout}`)
  return JSON.parse(answer) as T
}

/** Runs in the process; imports would not reach it. */
async function main(
  body: (tools: Tools, given: unknown) => unknown,
  root: string,
  given: unknown,
): Promise<void> {
  const { createRequire } = process.getBuiltinModule('node:module')
  const require = createRequire(root)
  const addonPath = `${root}build/Release/udev_proxy.node`
  const sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, milliseconds))
  const tools: Tools = {
    native: require(addonPath) as Native,
    lab: require(`${root}build/Release/lab.node`) as Lab,
    Worker: process.getBuiltinModule('node:worker_threads').Worker,
    spawnSync: process.getBuiltinModule('node:child_process').spawnSync,
    readdirSync: process.getBuiltinModule('node:fs').readdirSync,
    addonPath,
    sleep,
    until: async (condition) => {
      for (let waited = 0; !condition(); waited += 5) {
        if (waited > 10_000) throw new Error(`waited in vain for ${condition.toString()}`)
        await sleep(5)
      }
    },
    uevent: (devpath) => Buffer.from(`add@${devpath}\0ACTION=add\0DEVPATH=${devpath}\0SUBSYSTEM=input\0`),
    recorder: () => {
      const heard: string[] = []
      const batches: number[] = []
      const listener: MonitorListener = {
        onMessages: (messages) => {
          batches.push(messages.length)
          heard.push(
            ...messages.map((message) => message.toString('latin1').split('\0')[0]?.split('@')[1] ?? ''),
          )
        },
        onOverrun: () => heard.push('overrun'),
        onError: (error) => heard.push(error.message),
      }
      return { heard, batches, listener }
    },
  }
  const answer = await body(tools, given)
  console.log(`answer ${JSON.stringify(answer ?? null)}`)
}
