/// The frontier's index on disk. Nothing outside this package knows RocksDB.
@NullMarked
package org.millrace.crawler.rocksdb;

import org.jspecify.annotations.NullMarked;
