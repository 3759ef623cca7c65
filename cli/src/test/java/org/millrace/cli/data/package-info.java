@NullMarked
package org.millrace.cli.data;

import org.jspecify.annotations.NullMarked;
