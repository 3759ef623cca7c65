/// Answers that are JSON of a given form. Start at [Grammar]; [Automaton] says which tokens may come next.
@NullMarked
package org.millrace.inference.schema;

import org.jspecify.annotations.NullMarked;
