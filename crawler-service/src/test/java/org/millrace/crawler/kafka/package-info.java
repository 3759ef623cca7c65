@NullMarked
package org.millrace.crawler.kafka;

import org.jspecify.annotations.NullMarked;
