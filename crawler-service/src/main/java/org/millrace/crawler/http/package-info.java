/// Requests over HTTP, by OkHttp: [OkFetcher], and the guard of the addresses it may connect to.
@NullMarked
package org.millrace.crawler.http;

import org.jspecify.annotations.NullMarked;
