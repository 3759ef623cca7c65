/// How a model learns, in plain Java: what is asked ([org.millrace.trainer.Plan]), what it learns
/// from ([org.millrace.trainer.Example], [org.millrace.trainer.Comparison],
/// [org.millrace.trainer.Trajectory]), who is told ([org.millrace.trainer.Listener]), and the
/// formulas that need no tensors ([org.millrace.trainer.Scaling],
/// [org.millrace.trainer.Schedule], [org.millrace.trainer.Packing],
/// [org.millrace.trainer.Advantages], [org.millrace.trainer.KlController],
/// [org.millrace.trainer.PairLoss]).
///
/// Start at [org.millrace.trainer.Trainer]: four stages, one method each. The edge (`kafka`,
/// `grpc`) fills plans and data, calls one of them and implements
/// [org.millrace.trainer.Listener]; `torch` does the work. No class here knows a topic, a file
/// format or an engine.
@NullMarked
package org.millrace.trainer;

import org.jspecify.annotations.NullMarked;
