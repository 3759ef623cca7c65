/// Finds out what a model knows of what the pages say, and teaches it to say "I don't know" of the rest. Start at
/// [Probing].
@NullMarked
package org.millrace.cli.probe;

import org.jspecify.annotations.NullMarked;
