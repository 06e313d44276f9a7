// The one operator that rxjs lacks.
import { Observable } from 'rxjs'

/**
 * Runs `project` for every value: one after the other for values of the same `key`, side by side for different keys. A value that waits is replaced by a
 * later one of the same `identity`, so a queue is never longer than there are things to be done. `project` returns undefined when it is done at
 * once, and the next value then runs in the same turn of the event loop.
 *
 * A key is held only while it has work; groupBy keeps every key for ever, or lets one run twice at once when its group closes while busy. Whoever wants to
 * look at what waits gives the map that is to have it.
 */
export function concatMapByKey<T>(
  key: (value: T) => unknown,
  identity: (value: T) => string,
  project: (value: T) => Promise<void> | undefined,
  shown?: Map<unknown, Map<string, T>>,
): (source: Observable<T>) => Observable<never> {
  return (source) =>
    new Observable((subscriber) => {
      const waiting = shown ?? new Map<unknown, Map<string, T>>()
      let ended = false

      const finish = (): void => {
        if (ended && waiting.size === 0) subscriber.complete()
      }
      const run = (name: unknown, queue: Map<string, T>): void => {
        for (const [id, value] of queue) {
          queue.delete(id)
          let running: Promise<void> | undefined
          try {
            running = project(value)
          } catch (error) {
            subscriber.error(error)
            return
          }
          if (running === undefined) continue
          running.then(
            () => run(name, queue),
            (error: unknown) => subscriber.error(error),
          )
          return
        }
        waiting.delete(name)
        finish()
      }

      return source.subscribe({
        next: (value) => {
          const name = key(value)
          const queue = waiting.get(name)
          if (queue !== undefined) {
            queue.set(identity(value), value)
            return
          }
          const started = new Map([[identity(value), value]])
          waiting.set(name, started)
          run(name, started)
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => {
          ended = true
          finish()
        },
      })
    })
}
