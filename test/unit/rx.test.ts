import { Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { concatMapByKey } from '../../src/rx.js'

interface Job {
  key: string
  id: string
}

/** Runs jobs that end when told to, and records their starts and ends. */
function bench() {
  const source = new Subject<Job>()
  const story: string[] = []
  const open = new Map<string, () => void>()
  const done = new Promise<string>((resolve) => {
    source
      .pipe(
        concatMapByKey(
          ({ key }) => key,
          ({ id }) => id,
          ({ key, id }) => {
            story.push(`+${key}${id}`)
            if (id === 'now') return undefined
            if (id === 'bug') throw new Error('a bug')
            return new Promise((end) => {
              open.set(key + id, () => {
                story.push(`-${key}${id}`)
                end()
              })
            })
          },
        ),
      )
      .subscribe({ complete: () => resolve('complete'), error: (error: unknown) => resolve(String(error)) })
  })
  const add = (key: string, id: string): void => source.next({ key, id })
  const end = async (name: string): Promise<void> => {
    open.get(name)?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { source, story, add, end, done }
}

describe('concatMapByKey', () => {
  it('runs one job of a key at a time, and those of different keys side by side', async () => {
    const { story, add, end } = bench()
    add('a', '1')
    add('a', '2')
    add('b', '1')
    expect(story).toEqual(['+a1', '+b1'])
    await end('a1')
    expect(story).toEqual(['+a1', '+b1', '-a1', '+a2'])
  })

  it('runs jobs that end at once in the same turn', () => {
    const { story, add } = bench()
    add('a', 'now')
    add('a', 'now')
    expect(story).toEqual(['+anow', '+anow'])
  })

  it('keeps one of several waiting jobs of the same identity', async () => {
    const { story, add, end } = bench()
    add('a', '1')
    add('a', '2')
    add('a', '2')
    add('a', '3')
    add('a', '2')
    await end('a1')
    await end('a2')
    await end('a3')
    expect(story.filter((line) => line.startsWith('+'))).toEqual(['+a1', '+a2', '+a3'])
  })

  it('runs a job again that was asked for while it ran', async () => {
    const { story, add, end } = bench()
    add('a', '1')
    add('a', '1')
    await end('a1')
    expect(story).toEqual(['+a1', '-a1', '+a1'])
  })

  it('completes when its source has and the last job has ended', async () => {
    const { source, add, end, done } = bench()
    add('a', '1')
    source.complete()
    await end('a1')
    expect(await done).toBe('complete')
  })

  it('fails with the error of a job', async () => {
    const { add, done } = bench()
    add('a', 'bug')
    expect(await done).toBe('Error: a bug')
  })
})
