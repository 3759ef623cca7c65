@NullMarked
package org.millrace.crawler.warc;

import org.jspecify.annotations.NullMarked;
