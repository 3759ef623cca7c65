/// What became of the pages: the commands that look at the data before a model learns from it. Start at
/// [org.millrace.cli.data.Profile], which takes one fact after another, and [ProfileReport], which shows it.
@NullMarked
package org.millrace.cli.data;

import org.jspecify.annotations.NullMarked;
