// Ends with 77 and a sentence when this Node.js is older than package.json asks for. Old ones must be able to read it.
var oldest = require('../package.json').engines.node.replace('>=', '')
var wanted = oldest.split('.').map(Number)
var found = process.versions.node.split('.').map(Number)
if (found[0] < wanted[0] || (found[0] === wanted[0] && found[1] < wanted[1])) {
  console.error(
    'udev-proxy needs Node.js ' +
      oldest +
      ' or newer, and this is ' +
      process.versions.node +
      ' (' +
      process.execPath +
      '): put a newer one first in PATH',
  )
  process.exit(77)
}
