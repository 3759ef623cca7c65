/// Turns fetched pages into clean documents, or says why not.
///
/// Start at [Cleaner]: `judge(Page)` is what this service exists for. It reads the page's text
/// (`text`), measures it (`rule`) and masks personal data. Whether a document repeats an earlier one
/// is decided afterwards, in one order for all instances (`duplicate`). Only `kafka` knows Kafka,
/// protobuf and Quarkus, only `rocksdb` RocksDB.
@NullMarked
package org.millrace.cleaner;

import org.jspecify.annotations.NullMarked;
