/// What a text must measure up to, one small class a rule. Start at [Rules], which holds their order.
@NullMarked
package org.millrace.cleaner.rule;

import org.jspecify.annotations.NullMarked;
