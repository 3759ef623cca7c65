/// Dead letters: records that a service gave up, looked at and sent back.
@NullMarked
package org.millrace.cli.letters;

import org.jspecify.annotations.NullMarked;
