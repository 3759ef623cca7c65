/// Pages out of WARC and WET files and folders, as a stream that holds one page at a time. Start at
/// [Captures].
@NullMarked
package org.millrace.archives;

import org.jspecify.annotations.NullMarked;
