/// The trainer's edge to Kafka: what it reads, what it publishes, and the thread that works the queue.
///
/// Start at [org.millrace.trainer.kafka.JobRunner], which takes jobs from [org.millrace.trainer.kafka.Jobs]
/// and hands them to [org.millrace.trainer.kafka.Stages]; [org.millrace.trainer.kafka.TrainerRunner] wires.
@NullMarked
package org.millrace.trainer.kafka;

import org.jspecify.annotations.NullMarked;
