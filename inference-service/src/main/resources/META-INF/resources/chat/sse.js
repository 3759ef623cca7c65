// Events that a server sends.

/**
 * The data of each event.
 * @param body of a response
 */
export async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let data = [];
  while (true) {
    const {value, done} = await reader.read();
    if (done) {
      return;
    }
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const content = line.endsWith('\r') ? line.slice(0, -1) : line;
      if (content.startsWith('data:')) {
        data.push(content.slice(content[5] === ' ' ? 6 : 5));
      } else if (content === '' && data.length > 0) {
        yield data.join('\n');
        data = [];
      }
    }
  }
}
