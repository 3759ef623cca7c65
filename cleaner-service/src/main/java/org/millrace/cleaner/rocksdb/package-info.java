/// The index of duplicates on disk. The only package that sees RocksDB.
@NullMarked
package org.millrace.cleaner.rocksdb;

import org.jspecify.annotations.NullMarked;
