/// Facts from the lines that the cleaner writes without a log.
@NullMarked
package org.millrace.cli.data.json;

import org.jspecify.annotations.NullMarked;
