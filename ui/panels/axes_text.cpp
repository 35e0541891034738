#include "ui/panels/axes_text.h"

#include <QCoreApplication>
#include <QHash>
#include <QLocale>
#include <QStringList>

namespace cyto::ui {
namespace {

constexpr int kDigits = 4;

QString number(double value) {
  QLocale locale;
  locale.setNumberOptions(QLocale::OmitGroupSeparator);
  return locale.toString(value, 'g', kDigits);
}

QString axis(const QString& name, int64_t extent, double step, const QString& unit) {
  QLocale locale;
  locale.setNumberOptions(QLocale::OmitGroupSeparator);
  QString text = name + QLatin1Char(' ') + locale.toString(static_cast<qlonglong>(extent));
  if (step > 0 && !unit.isEmpty()) text += QStringLiteral(" × %1 %2").arg(number(step), unit);
  return text;
}

}  // namespace

QString axesText(const cyto::Shape& shape, int64_t channels, const cyto::PixelScale& scale) {
  const QString space = unitSymbol(scale.spaceUnit);
  QStringList parts;
  if (shape.t > 1) parts << axis(QStringLiteral("T"), shape.t, scale.t, unitSymbol(scale.timeUnit));
  if (channels > 1) parts << axis(QStringLiteral("C"), channels, 0, {});
  if (shape.z > 1) parts << axis(QStringLiteral("Z"), shape.z, scale.z, space);
  parts << axis(QStringLiteral("Y"), shape.y, scale.y, space) << axis(QStringLiteral("X"), shape.x, scale.x, space);
  return parts.join(QStringLiteral(" · "));
}

bool hasPixelSize(const cyto::PixelScale& scale) {
  return scale.y > 0 && scale.x > 0 && !unitSymbol(scale.spaceUnit).isEmpty();
}

QString unitSymbol(const std::string& unit) {
  static const QHash<QString, QString> symbols = {
      {QStringLiteral("micrometer"), QStringLiteral("µm")},
      {QStringLiteral("micrometre"), QStringLiteral("µm")},
      {QStringLiteral("micron"), QStringLiteral("µm")},
      {QStringLiteral("microns"), QStringLiteral("µm")},
      {QStringLiteral("um"), QStringLiteral("µm")},
      {QStringLiteral("μm"), QStringLiteral("µm")},
      {QStringLiteral("nanometer"), QStringLiteral("nm")},
      {QStringLiteral("nanometre"), QStringLiteral("nm")},
      {QStringLiteral("millimeter"), QStringLiteral("mm")},
      {QStringLiteral("millimetre"), QStringLiteral("mm")},
      {QStringLiteral("centimeter"), QStringLiteral("cm")},
      {QStringLiteral("angstrom"), QStringLiteral("Å")},
      {QStringLiteral("meter"), QStringLiteral("m")},
      {QStringLiteral("metre"), QStringLiteral("m")},
      {QStringLiteral("second"), QStringLiteral("s")},
      {QStringLiteral("seconds"), QStringLiteral("s")},
      {QStringLiteral("sec"), QStringLiteral("s")},
      {QStringLiteral("millisecond"), QStringLiteral("ms")},
      {QStringLiteral("minute"), QStringLiteral("min")},
      {QStringLiteral("minutes"), QStringLiteral("min")},
      {QStringLiteral("hour"), QStringLiteral("h")},
      {QStringLiteral("hours"), QStringLiteral("h")},
      {QStringLiteral("pixel"), QString()},
      {QStringLiteral("pixels"), QString()},
      {QStringLiteral("px"), QString()},
  };
  const QString name = QString::fromStdString(unit);
  return symbols.value(name.toLower(), name);
}

QString pixelSizeText(const cyto::PixelScale& scale) {
  if (!hasPixelSize(scale)) return {};
  const QString y = number(scale.y);
  const QString x = number(scale.x);
  const QString unit = unitSymbol(scale.spaceUnit);
  if (y == x) return QCoreApplication::translate("cyto::ui::AxesText", "%1 %2/px").arg(y, unit);
  return QCoreApplication::translate("cyto::ui::AxesText", "%1 × %2 %3/px").arg(y, x, unit);
}

}  // namespace cyto::ui
