// What may come out of an engine's socket instead of an answer: none of it can be used.
const end = '\r\n\r\n'
const chunked = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked${end}`

/** By what it is: bytes after which the connection is closed. */
export const RAW_ANSWERS: Readonly<Record<string, string>> = {
  'a redirect to another host': `HTTP/1.1 301 Moved\r\nLocation: http://nobody.invalid/x\r\nContent-Length: 0${end}`,
  'a redirect to another path': `HTTP/1.1 302 Found\r\nLocation: /containers/json\r\nContent-Length: 0${end}`,
  'a redirect to another socket': `HTTP/1.1 307 Moved\r\nLocation: unix:///run/x.sock\r\nContent-Length: 0${end}`,
  'a redirect to nowhere': `HTTP/1.1 308 Moved\r\nLocation: \r\nContent-Length: 0${end}`,
  'a redirect that says no place': `HTTP/1.1 303 See Other\r\nContent-Length: 0${end}`,
  'another protocol': `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp${end}bytes`,
  'another protocol that has no name': `HTTP/1.1 101 Switching Protocols${end}`,
  'a word to go on, and no more': `HTTP/1.1 100 Continue${end}`.repeat(1000),
  'hints, and no more': `HTTP/1.1 103 Early Hints\r\nLink: </x>${end}`,
  'no content': `HTTP/1.1 204 No Content${end}`,
  'not modified': `HTTP/1.1 304 Not Modified${end}`,
  'a status that is none': `HTTP/1.1 999 ?\r\nContent-Length: 0${end}`,
  'a status that is no number': `HTTP/1.1 abc OK\r\nContent-Length: 0${end}`,
  'headers without an end': `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}`,
  'more headers than anybody reads': `HTTP/1.1 200 OK\r\n${'X: x\r\n'.repeat(20_000)}\r\n[]`,
  'a header that is none': `HTTP/1.1 200 OK\r\nno header\r\n${end}[]`,
  'two lengths': `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked${end}[]`,
  'a length below zero': `HTTP/1.1 200 OK\r\nContent-Length: -1${end}[]`,
  'less than it says': `HTTP/1.1 200 OK\r\nContent-Length: 100${end}[`,
  'a chunk that has no size': `${chunked}xyz\r\n[]\r\n`,
  'a chunk that ends early': `${chunked}5\r\n[`,
  'a chunk whose extension has no end': `${chunked}1;${'x'.repeat(200_000)}`,
  'trailers without an end': `${chunked}1\r\n[\r\n0\r\nX: ${'x'.repeat(200_000)}`,
  'an error that ends early': `HTTP/1.1 500 No\r\nContent-Length: 100${end}{"message":`,
  'text that is packed': `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2${end}\x1f\x8b`,
  'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'no HTTP': 'SSH-2.0-OpenSSH_9.2\r\n',
  'a body alone': '[]',
  nothing: '',
}
