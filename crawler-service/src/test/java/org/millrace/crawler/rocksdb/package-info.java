@NullMarked
package org.millrace.crawler.rocksdb;

import org.jspecify.annotations.NullMarked;
