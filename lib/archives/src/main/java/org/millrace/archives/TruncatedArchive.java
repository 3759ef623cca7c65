package org.millrace.archives;

import java.io.IOException;

/// The archive ends inside a record: a download or a crawl broke off.
final class TruncatedArchive extends IOException {

    private static final long serialVersionUID = 1L;

    TruncatedArchive(String why) {
        super(why);
    }
}
