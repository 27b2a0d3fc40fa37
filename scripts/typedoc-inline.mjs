// A member of an unnamed type, such as `{ readonly type: 'pause' }` in a union, is explained by the sentence of what it stands in.
// Everything that has a name of its own needs a sentence of its own.
import { Converter, ReflectionKind } from 'typedoc';

const parentsOf = (reflection) => (reflection.parent ? [reflection.parent, ...parentsOf(reflection.parent)] : []);

const isInline = (reflection) => {
  const parents = parentsOf(reflection);
  return (
    parents.some((parent) => parent.kindOf(ReflectionKind.TypeLiteral)) &&
    !parents.some((parent) => parent.kindOf(ReflectionKind.Parameter))
  );
};

/** A call signature whose method has the comment, or that is all of a function's type. */
const isExplainedByName = (member) =>
  member.kindOf(ReflectionKind.CallSignature) &&
  (member.parent.hasComment() || member.parent.kindOf(ReflectionKind.TypeLiteral));

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    const members = project
      .getReflectionsByKind(ReflectionKind.Property | ReflectionKind.CallSignature)
      .filter((member) => isInline(member) && !member.hasComment() && !isExplainedByName(member));
    const names = new Set(members.map((member) => member.getFriendlyFullName()));
    app.options.setValue('intentionallyNotDocumented', [...names]);
  });
}
