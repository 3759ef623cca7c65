@NullMarked
package org.millrace.cleaner.rocksdb;

import org.jspecify.annotations.NullMarked;
