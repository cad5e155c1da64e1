/** Collections of bounded size. */
package io.trueup.bounded;
