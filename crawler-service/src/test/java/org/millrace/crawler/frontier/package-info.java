@NullMarked
package org.millrace.crawler.frontier;

import org.jspecify.annotations.NullMarked;
