"""The style sheet, from the theme's tokens; widgets say what they are through the property `role`."""

from __future__ import annotations

from desktop.colours import Tokens
from desktop.measures import BODY, LARGE, RADIUS, RADIUS_LARGE, RADIUS_SMALL, SMALL, points


def style_sheet(t: Tokens) -> str:
    """Qt style sheet for these tokens, complete: a widget's own goes before the program's, whatever its rules."""
    small, body, large = (f"font-size: {points(size):.3f}pt" for size in (SMALL, BODY, LARGE))
    chosen = t.mixed(t.accent, 0.14 if t.dark else 0.10, t.panel)
    pressed = t.mixed(t.text, 0.08, t.hover)
    accent_hover = t.mixed("#ffffff" if t.dark else "#000000", 0.10, t.accent)
    accent_pressed = t.mixed("#000000", 0.12, t.accent)
    focus = t.mixed(t.accent, 0.75, t.panel)
    return f"""
QWidget {{ color: {t.text}; selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
QMainWindow, QDialog {{ background: {t.panel}; }}
QLineEdit, QPlainTextEdit, QTextEdit {{ placeholder-text-color: {t.text_3}; }}
QToolTip {{ background: {t.control}; color: {t.text}; border: 1px solid {t.line}; padding: 6px 8px; {small}; }}

*[role="ground"] {{ background: {t.ground}; }}
*[role="panel"] {{ background: {t.panel}; }}
*[role="line"] {{ background: {t.line}; border: none; }}

QLabel {{ background: transparent; }}
QLabel[role="second"] {{ color: {t.text_2}; }}
QLabel[role="third"] {{ color: {t.text_3}; }}
QLabel[role="small"] {{ color: {t.text_3}; {small}; }}
QLabel[role="small-second"] {{ color: {t.text_2}; {small}; }}
QLabel[role="small-warn"] {{ color: {t.warn}; {small}; }}
QLabel[role="title"] {{ {large}; font-weight: 600; }}
QLabel[role="heading"] {{ {large}; font-weight: 500; }}
QLabel[role="value"] {{ font-weight: 500; }}
QLabel[role="fits"] {{ background: {t.good_ground}; color: {t.good}; border: 1px solid {t.mixed(t.good, 0.16, t.panel)};
    border-radius: {RADIUS}px; padding: 10px 12px; }}
QLabel[role="fits"][state="warn"] {{ background: {t.warn_ground}; color: {t.warn};
    border-color: {t.mixed(t.warn, 0.22, t.panel)}; }}

QPushButton, QToolButton {{ background: {t.control}; color: {t.text_2}; border: 1px solid {t.line};
    border-radius: {RADIUS}px; padding: 0 12px; min-height: 28px; {body}; }}
QPushButton:hover, QToolButton:hover {{ background: {t.hover}; color: {t.text}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {pressed}; }}
QPushButton:focus, QToolButton:focus {{ border-color: {focus}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {t.text_3}; background: {t.panel}; }}
QPushButton:checked, QToolButton:checked {{ background: {chosen}; border-color: {t.accent}; color: {t.text};
    font-weight: 500; }}
QPushButton[role="primary"] {{ min-height: 50px; background: {t.accent}; color: {t.on_accent};
    border: 1px solid {t.accent}; border-radius: {RADIUS_LARGE}px; font-weight: 600; {large}; }}
QPushButton[role="primary"]:hover {{ background: {accent_hover}; border-color: {accent_hover}; }}
QPushButton[role="primary"]:pressed {{ background: {accent_pressed}; border-color: {accent_pressed}; }}
QPushButton[role="primary"]:focus {{ border: 2px solid {t.text}; }}
QPushButton[role="primary"]:disabled {{ background: {t.control}; border-color: {t.line}; color: {t.text_3}; }}
QPushButton[role="play"] {{ background: {t.accent}; color: {t.on_accent}; border-color: {t.accent}; font-weight: 600;
    padding: 0 8px; }}
QPushButton[role="play"]:hover {{ background: {accent_hover}; border-color: {accent_hover}; }}
QPushButton[role="play"]:pressed {{ background: {accent_pressed}; border-color: {accent_pressed}; }}
QPushButton[role="play"]:focus {{ border: 2px solid {t.text}; padding: 0 7px; min-height: 26px; }}
QPushButton[role="play"]:disabled {{ background: {t.control}; border-color: {t.line}; color: {t.text_3}; }}
QPushButton[role="word"], QToolButton[role="word"] {{ background: transparent; border: 1px solid transparent;
    color: {t.text_3}; padding: 0 5px; min-height: 22px; text-align: left; border-radius: {RADIUS_SMALL}px; {small}; }}
QPushButton[role="word"]:hover, QToolButton[role="word"]:hover {{ color: {t.text}; background: {t.hover}; }}
QPushButton[role="word"]:focus, QToolButton[role="word"]:focus {{ border-color: {focus}; color: {t.text}; }}
QPushButton[role="word"]:checked, QToolButton[role="word"]:checked {{ color: {t.text}; background: transparent; }}
QPushButton[role="word"]:disabled {{ background: transparent; color: {t.mixed(t.text_3, 0.5, t.panel)}; }}
QPushButton[role="segment"] {{ padding: 0 6px; }}
QPushButton[role="segment"]:checked {{ font-weight: 500; }}
QPushButton[role="link"] {{ background: transparent; border: 1px solid transparent; text-align: left; padding: 0 7px;
    color: {t.text_2}; {small}; }}
QPushButton[role="link"]:hover {{ color: {t.text}; background: {t.hover}; }}
QPushButton[role="link"]:focus {{ border-color: {focus}; }}
QPushButton[role="pick"] {{ text-align: left; padding: 0 10px; color: {t.text}; min-height: 30px; }}
QPushButton[role="chip"] {{ padding: 0 11px; color: {t.text_2}; min-height: 26px; {small}; }}
QPushButton[role="filter"] {{ padding: 0 26px 0 11px; color: {t.text_2}; min-height: 26px; {small}; }}
QPushButton[role="filter"][state="on"] {{ background: {chosen}; border-color: {t.accent}; color: {t.text}; }}
QPushButton[role="tab"] {{ background: transparent; border: none; border-bottom: 2px solid transparent;
    border-radius: 0; color: {t.text_3}; padding: 2px 1px 0 1px; min-height: 40px; {body}; }}
QPushButton[role="tab"][state="room"] {{ min-height: 43px; padding-top: 1px; }}
QPushButton[role="tab"]:hover {{ color: {t.text}; }}
QPushButton[role="tab"]:checked {{ color: {t.text}; border-bottom-color: {t.accent}; font-weight: 500; }}
QPushButton[role="tab"]:focus {{ color: {t.text}; background: {t.hover}; }}
QPushButton[role="fold"] {{ background: transparent; border: none; border-radius: 0; text-align: left; padding: 0 16px;
    color: {t.text_2}; min-height: 40px; }}
QPushButton[role="fold"]:hover, QPushButton[role="fold"]:focus {{ color: {t.text}; background: {t.hover}; }}
QToolButton[role="brand"] {{ background: transparent; border: 1px solid transparent; color: {t.text}; padding: 0 7px;
    {large}; font-weight: 600; }}
QToolButton[role="brand"]:hover {{ background: {t.hover}; }}
QToolButton[role="brand"]:focus {{ border-color: {focus}; }}
QToolButton::menu-indicator, QPushButton::menu-indicator {{ image: none; width: 0; }}

QLineEdit, QComboBox {{ background: {t.control}; border: 1px solid {t.line};
    border-radius: {RADIUS}px; padding: 0 10px; min-height: 30px; color: {t.text}; {body}; }}
QLineEdit:hover, QComboBox:hover {{ background: {t.hover}; }}
QLineEdit:focus, QComboBox:focus {{ border-color: {focus}; }}
QLineEdit[role="value"] {{ background: transparent;
    border: 1px solid transparent; padding: 0; min-height: 18px; border-radius: {RADIUS_SMALL}px; font-weight: 500; }}
QLineEdit[role="value"]:hover {{ background: {t.control}; }}
QLineEdit[role="value"]:focus {{ background: {t.control}; border-color: {focus}; }}
QLineEdit[role="seed"] {{ background: {chosen}; border-color: {t.accent}; font-weight: 500; min-height: 28px; }}
QLineEdit[role="seed"][state="new"] {{ background: {t.control}; border-color: {t.line}; color: {t.text_2}; }}
QComboBox {{ padding-right: 26px; }}
QComboBox::drop-down {{ border: none; width: 0; }}
QComboBox QAbstractItemView {{ background: {t.control}; border: 1px solid {t.line}; padding: 4px; outline: none;
    selection-background-color: {t.hover}; selection-color: {t.text}; }}
QComboBox QAbstractItemView::item {{ min-height: 28px; padding: 0 8px; border-radius: {RADIUS_SMALL}px; }}

QTextEdit, QPlainTextEdit, QTextBrowser {{ background: transparent; border: none; color: {t.text}; }}
*[role="well"] {{ background: {t.mixed(t.control, 0.7, t.panel)}; border: 1px solid {t.line};
    border-radius: {RADIUS_LARGE}px; }}
*[role="well"][state="focus"] {{ border-color: {focus}; }}

QSlider {{ min-height: 20px; background: transparent; }}
QSlider::groove:horizontal {{ height: 3px; border-radius: 1px; background: {t.line}; }}
QSlider::sub-page:horizontal {{ height: 3px; border-radius: 1px; background: {t.accent}; }}
QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -6px 0; border-radius: 7px;
    background: {"#f1ede6" if t.dark else t.accent}; border: none; }}
QSlider::handle:horizontal:hover {{ background: {"#ffffff" if t.dark else accent_hover}; }}
QSlider::handle:horizontal:focus {{ border: 2px solid {t.accent if t.dark else t.text}; width: 12px; height: 12px;
    margin: -7px -1px; border-radius: 8px; }}

QProgressBar {{ background: {t.line}; border: none; border-radius: 1px; max-height: 3px; min-height: 3px; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 1px; }}

QCheckBox {{ spacing: 8px; background: transparent; border: 1px solid transparent; border-radius: 4px; }}
QCheckBox:focus {{ border-color: {focus}; }}

QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 9px; margin: 2px 2px 2px 0; }}
QScrollBar:horizontal {{ background: transparent; height: 9px; margin: 0 2px 2px 2px; }}
QScrollBar::handle {{ background: {t.line}; border-radius: 3px; min-height: 32px; min-width: 32px; }}
QScrollBar::handle:disabled {{ background: transparent; }}
QScrollBar::handle:hover {{ background: {t.text_3}; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{ background: none;
    border: none; width: 0; height: 0; }}

QListView, QTreeView, QTableView, Grid {{ background: transparent; border: none; outline: none; }}
QTableView {{ selection-background-color: transparent; }}
QListView[role="checks"]::item {{ min-height: 24px; color: {t.text}; border-radius: {RADIUS_SMALL}px; }}
QListView[role="checks"]::item:hover, QListView[role="checks"]::item:selected {{ background: {t.hover}; }}
QListView[role="checks"]::item:disabled {{ color: {t.text_3}; }}
QListView[role="checks"]::indicator {{ width: 11px; height: 11px; border: 1px solid {t.text_3}; border-radius: 4px;
    background: {t.control}; margin-left: 2px; }}
QListView[role="checks"]::indicator:checked {{ background: {t.accent}; border-color: {t.accent}; }}
QListView[role="checks"]::indicator:disabled {{ border-color: {t.line}; }}
QTreeView::item:selected {{ background: {t.hover}; color: {t.text}; }}
QMenu {{ background: {t.control}; border: 1px solid {t.line}; padding: 5px; }}
QMenu::item {{ padding: 6px 28px 6px 12px; border-radius: {RADIUS_SMALL}px; color: {t.text}; }}
QMenu::item:selected {{ background: {t.hover}; }}
QMenu::item:disabled {{ color: {t.text_3}; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 5px 8px; }}
*[role="notice"] {{ background: {t.warn_ground}; border: 1px solid {t.mixed(t.warn, 0.3, t.panel)};
    border-radius: {RADIUS_LARGE}px; }}
*[role="notice"] QLabel {{ color: {t.warn}; }}
*[role="notice"][state="quiet"] {{ background: {t.control}; border-color: {t.line}; }}
*[role="notice"][state="quiet"] QLabel {{ color: {t.text_2}; }}
*[role="float"] {{ background: {t.panel}; border: 1px solid {t.line}; border-radius: {RADIUS_LARGE}px; }}
QListWidget[role="float"] {{ padding: 4px; selection-background-color: {t.hover}; selection-color: {t.text}; }}
QListWidget[role="float"]::item {{ min-height: 24px; padding: 0 8px; border-radius: {RADIUS_SMALL}px; }}
QListWidget[role="float"]::item:selected {{ background: {t.hover}; color: {t.text}; }}
*[role="drop"] {{ background: transparent; border: 1px dashed {t.line}; border-radius: {RADIUS}px; color: {t.text_3}; }}
*[role="drop"][state="over"] {{ border-color: {t.accent}; background: {chosen}; }}
*[role="drop"][state="full"] {{ border-style: solid; background: {t.control}; }}
"""
