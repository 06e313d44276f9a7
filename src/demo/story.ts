// What has happened so far, and whether it is the whole story.
import { messageOf } from '../errors.js'
import type { Report } from './protocol.js'
import type { Line } from './timeline.js'
import { lineOfReport, missingLines } from './timeline.js'

const TIMEOUT_MS = 30_000

export class Story {
  readonly lines: Line[] = []
  isReady = false
  private readonly reports: Extract<Report, { kind: 'heard' }>[] = []
  private failure: unknown
  private changed: () => void = () => undefined

  add(line: Line | undefined): void {
    // The unit is routed with its first device; that it still is with the others is no news.
    const isNews =
      line !== undefined && !(line.what === 'route' && this.lines.some(({ what }) => what === 'route'))
    if (isNews) this.lines.push(line)
    this.changed()
  }

  hear(report: Report): void {
    if (report.kind === 'ready') this.isReady = true
    if (report.kind === 'heard') this.reports.push(report)
    this.add(lineOfReport(report))
  }

  fail(error: unknown): void {
    this.failure = error
    this.changed()
  }

  /** Of the node that a game opens. js nodes come only where the kernel has joydev. */
  get hasHeardEventNode(): boolean {
    return this.reports.some(
      ({ action, devname }) => action === 'add' && devname?.includes('/event') === true,
    )
  }

  /** Whether every device that was announced has gone. */
  get isOver(): boolean {
    const announced = this.reports.filter(({ action }) => action === 'add').length
    return announced > 0 && this.lines.filter(({ what }) => what === 'gone').length === announced
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    const deadline = Date.now() + TIMEOUT_MS
    while (!holds()) {
      if (this.failure !== undefined)
        throw this.failure instanceof Error ? this.failure : new Error(messageOf(this.failure))
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`waited ${TIMEOUT_MS / 1000} s in vain for ${what}`)
      await new Promise<void>((resolve) => {
        // It must not hold up the end of a demo that was interrupted.
        const timer = setTimeout(resolve, left).unref()
        this.changed = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** What did not happen. With a driver behind its node, the application must have been able to open it. */
  problems(isReal: boolean): string[] {
    const devices = new Set(this.reports.map(({ devpath }) => devpath))
    return [...devices].flatMap((devpath) => {
      const name = devpath.slice(devpath.lastIndexOf('/') + 1)
      const report = this.reports.find(
        (candidate) => candidate.devpath === devpath && candidate.action === 'add',
      )
      const hasNode = report?.devname !== undefined
      const problems = missingLines(this.lines, name, hasNode)
      if (report?.record !== true) problems.push(`${name}: its record was not there when it was announced`)
      if (hasNode && report.node === undefined)
        problems.push(`${name}: its node was not there when it was announced`)
      // Without a driver the kernel gets as far as looking for one: ENXIO or ENODEV, not EACCES or ENOENT.
      const expected = isReal ? ['ok'] : ['ENXIO', 'ENODEV']
      if (hasNode && !expected.includes(report.open ?? ''))
        problems.push(`${name}: open failed with ${report.open ?? 'no node'}`)
      return problems
    })
  }

  latencies(since: number): string[] {
    return this.reports
      .filter(({ action, devname }) => action === 'add' && devname !== undefined)
      .map(({ at, devname }) => `${devname ?? ''} ${((at - since) / 1000).toFixed(2)} ms`)
  }
}
