package org.millrace.inference.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;

/// Events that a server sends (SSE) to one caller, who is cut off if it does not read. For one thread.
public final class EventStream {

    private final HttpServerResponse out;
    private final Unread unread;
    private boolean cut;

    public EventStream(HttpServerResponse out) {
        this.out = out;
        this.unread = new Unread(() -> !out.writeQueueFull());
    }

    /// Whether something was sent; until then a failure may have a status.
    public boolean hasBegun() {
        return out.headWritten();
    }

    /// After that its caller has left, should it have been too far behind.
    public void send(String data) {
        if (cut) {
            return;
        }
        if (!out.headWritten()) {
            out.setChunked(true)
                    .putHeader("content-type", "text/event-stream; charset=utf-8")
                    .putHeader("cache-control", "no-store");
        }
        byte[] event = ("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8);
        if (unread.add(event.length)) {
            var unused = out.write(Buffer.buffer(event)); // one that fails has a caller who has gone
        } else {
            cut = true;
            out.reset();
        }
    }

    /// Nothing follows.
    public void end() {
        if (!cut) {
            var unused = out.end();
        }
    }
}
