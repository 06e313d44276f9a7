// Exit 0 when vitest ended well and its report, in the directory argv[2], has at least one test and none that did not pass.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const results = process.argv[2]
const status = readFileSync(join(results, 'status'), 'utf8').trim()
const { numTotalTests: total, numPassedTests: passed } = readReport()

if (status !== '0' || total === 0 || passed !== total) {
  console.error(
    `test-vm: ${passed} of ${total} tests passed, vitest's exit status was ${status}; ${results}/journal.txt is the VM's journal`,
  )
  process.exit(1)
}

/** vitest writes none when its setup fails. */
function readReport() {
  try {
    return JSON.parse(readFileSync(join(results, 'report.json'), 'utf8'))
  } catch {
    return { numTotalTests: 0, numPassedTests: 0 }
  }
}
