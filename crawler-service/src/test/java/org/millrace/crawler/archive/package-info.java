@NullMarked
package org.millrace.crawler.archive;

import org.jspecify.annotations.NullMarked;
