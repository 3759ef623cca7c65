package org.millrace.crawler.http;

import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Headers;
import okhttp3.Response;

/// Looks at the header of an answer before its body is opened, and refuses one that is too much or makes
/// no sense. Here and not afterwards: with a negative length OkHttp fails while it opens the body, and
/// forgets the connection.
final class HeaderCheck extends EventListener {

    private static final int MAX_FIELDS = 200;
    private static final int MAX_BYTES = 64 * 1024;

    @Override
    public void responseHeadersEnd(Call call, Response response) {
        Headers headers = response.headers();
        if (headers.size() > MAX_FIELDS || headers.byteCount() > MAX_BYTES) {
            throw new Refused("header: expected at most %d fields of %d bytes together, got more"
                    .formatted(MAX_FIELDS, MAX_BYTES));
        }
        String length = headers.get("Content-Length");
        if (length != null && length.strip().startsWith("-")) {
            throw new Refused("content length: expected at least 0, got a negative one");
        }
    }

    /// Unchecked, as listeners may throw nothing else. OkHttp closes the connection and passes it on.
    static final class Refused extends RuntimeException {

        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }
}
