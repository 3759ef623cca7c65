/// What a model may ask for while it answers. Start at [Toolbox].
@NullMarked
package org.millrace.inference.tool;

import org.jspecify.annotations.NullMarked;
