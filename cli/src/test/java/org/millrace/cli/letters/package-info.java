@NullMarked
package org.millrace.cli.letters;

import org.jspecify.annotations.NullMarked;
