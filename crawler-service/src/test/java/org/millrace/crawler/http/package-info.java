@NullMarked
package org.millrace.crawler.http;

import org.jspecify.annotations.NullMarked;
