// A log that keeps its lines.
import type { Log, LogFields } from '../../src/service/index.js'

export type Line = LogFields & { level: string; message: string }

export function recordingLog(): { log: Log; lines: Line[] } {
  const lines: Line[] = []
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      void lines.push({ level, message, ...fields })
  return { log: { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') }, lines }
}
