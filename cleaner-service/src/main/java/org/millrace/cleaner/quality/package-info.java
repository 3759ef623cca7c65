/// How good a text is, by a small classifier that a person trains on examples. Start at
/// [QualityModel]; [QualityTraining] makes one.
@NullMarked
package org.millrace.cleaner.quality;

import org.jspecify.annotations.NullMarked;
