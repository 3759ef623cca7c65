/// Pages out of archives instead of from sites. Start at [ArchiveSources]; the reading itself is
/// lib/archives'.
@NullMarked
package org.millrace.crawler.archive;

import org.jspecify.annotations.NullMarked;
