/// What a page's address tells before the page is read. Start at [UrlFilter].
@NullMarked
package org.millrace.cleaner.url;

import org.jspecify.annotations.NullMarked;
