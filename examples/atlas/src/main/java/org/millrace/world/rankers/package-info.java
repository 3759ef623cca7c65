/// Scripted raters: a process of its own that holds the world, and so knows which answers are
/// right.
///
/// Start at [org.millrace.world.rankers.Rankers]. How answers are ordered is [AnswerOrder]; the
/// `kafka` package alone knows how comparisons arrive and rankings leave.
@NullMarked
package org.millrace.world.rankers;

import org.jspecify.annotations.NullMarked;
