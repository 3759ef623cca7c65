/// Reports for people: one page of HTML that needs nothing else, and the same as text. Knows nothing of what
/// is reported. Start at [org.millrace.cli.report.Report].
@NullMarked
package org.millrace.cli.report;

import org.jspecify.annotations.NullMarked;
