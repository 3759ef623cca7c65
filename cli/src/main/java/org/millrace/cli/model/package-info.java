/// Models of others that come in, and models that go out. Start at [org.millrace.cli.model.OpenWeights].
@NullMarked
package org.millrace.cli.model;

import org.jspecify.annotations.NullMarked;
