@NullMarked
package org.millrace.cli.report;

import org.jspecify.annotations.NullMarked;
